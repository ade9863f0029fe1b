# The tasks: what each makes, from what, and the row that task.sh runs (rule, fingerprint, group of its lists, values).
# Read by make in the spec's folder; started by Makefile, never by itself.
#
# Names that begin with .wfc/stamps/ are stand-ins: for paths that make can't name (blanks, wildcards, ; | & = % ~ \ ( )),
# which are spelled there with @ and two hexadecimal digits, and for directories, whose own time changes with what is
# put into them. A stand-in of a file has the time of the file, that of a directory the time when its task ended; make.sh
# removes it where the file is gone, so that make sees by stand-ins what it would see by the files themselves. Those in
# .wfc/stamps/@code/ are of a rule's code: make.sh makes one newer where what its files hold is another.
ifndef wfc_task
$(error start make with the Makefile beside this file)
endif
.SUFFIXES:
.DELETE_ON_ERROR:
# Options of the shell that make was started from are no part of an experiment.
unexport SHELLOPTS BASHOPTS
W := $(wfc_task)

.PHONY: all
.DEFAULT_GOAL := all
all: .wfc/stamps/scores/a-1@ .wfc/stamps/scores/a-2@ .wfc/stamps/scores/two@20words-1@ .wfc/stamps/scores/two@20words-2@ sum.csv sum.txt

# Temp: made only for a task that must run, and removed at the end.
.SECONDARY: draw/1 draw/2

# prep
prep/a.csv: .wfc/stamps/source@20a@ | once.txt
	@$W prep a42a60a446ec3eab - a
.wfc/stamps/prep/two@20words.csv@: .wfc/stamps/source@20two@20words@ | once.txt
	@$W -s prep 2af6c8c776db7ed7 - 'two words'

# fit
.wfc/stamps/fit/a/1@ .wfc/stamps/scores/a-1@ &: prep/a.csv
	@$W -s fit d997751e0e135072 - a 1
.wfc/stamps/fit/a/2@ .wfc/stamps/scores/a-2@ &: prep/a.csv
	@$W -s fit 4cf3da8aa1696956 - a 2
.wfc/stamps/fit/two@20words/1@ .wfc/stamps/scores/two@20words-1@ &: .wfc/stamps/prep/two@20words.csv@
	@$W -s fit 17de8bab4da2b7a6 - 'two words' 1
.wfc/stamps/fit/two@20words/2@ .wfc/stamps/scores/two@20words-2@ &: .wfc/stamps/prep/two@20words.csv@
	@$W -s fit 2cac13018627fe1b - 'two words' 2

# draw
draw/1:
	@$W draw 01058052363fda80 - 1
draw/2:
	@$W draw 92895077f8c325da - 2

# sum
sum.csv sum.txt &: \
  .wfc/stamps/fit/a/1@ \
  fit/a/1/x \
  .wfc/stamps/fit/a/2@ \
  fit/a/2/x \
  .wfc/stamps/fit/two@20words/1@ \
  .wfc/stamps/fit/two@20words/2@ \
  draw/1 \
  draw/2
	@$W sum ae49f4218664ce2e 0,0

# Files inside directory outputs
fit/a/1/x: .wfc/stamps/fit/a/1@ ;
fit/a/2/x: .wfc/stamps/fit/a/2@ ;
