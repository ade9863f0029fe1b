# Stands before an R script, and binds its placeholders to what the command line brings. wfc leaves this head out, and
# puts a line a variable in place of the one of bindings.

# Written by wfc: binds the placeholders of the script below.
local({
  values <- commandArgs(trailingOnly = TRUE)
  at <- 0
  string <- function() {
    at <<- at + 1
    values[[at]]
  }
  number <- function() as.numeric(string())
  list <- function() vapply(seq_len(number()), function(n) string(), "")
  # wfc: bindings
})
# End of what wfc wrote.
