# What comes before and after the tasks. Started by Makefile, in the folder that both lie in:
#
#     make.sh begin SPEC_FOLDER MAKE [GOAL …]   looks after stand-ins, then becomes the make that runs tasks.mk
#     make.sh end SPEC_FOLDER [GOAL …]          after a success: removes the temp outputs that no goal names
#
# tables/code.tsv: rows `STAND_IN CODE_FILE`, those of a stand-in side by side.
# tables/stand-ins.tsv: rows `KIND STAND_IN PATH`, tab-separated. See the head of tasks.mk for what they are.
# shellcheck shell=bash
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 403)); then
  echo "wfc: needs bash 4.3 or newer; this is $BASH_VERSION" >&2
  exit 1
fi
set +eu -f
unset TMOUT
# Options that the user exports are not for this script; nor do they reach a task.
shopt -u failglob nullglob nocasematch nocaseglob dotglob
artifacts=$(pwd -P)
step=$1
cd -P -- "$2" || exit
shift 2
# Short and the same on every machine, where the folder lies below the spec's.
[[ $artifacts != "$PWD"/* ]] || artifacts=${artifacts#"$PWD"/}
work=.wfc/make-run

# A stand-in is missing where its file is, and has its file's time; that of a directory keeps the time when it was made.
sync_stand_ins() {
  local kind stamp path row
  local -a rows=()
  [[ -e $artifacts/tables/stand-ins.tsv ]] || return 0
  mapfile -t rows <"$artifacts/tables/stand-ins.tsv"
  for row in "${rows[@]}"; do
    kind=${row%%$'\t'*} row=${row#*$'\t'}
    stamp=${row%%$'\t'*} path=${row#*$'\t'}
    [[ $path != -* ]] || path=./$path
    case $kind in
      once) continue ;;
      directory) [[ -d $path ]] && ! is_empty "$path" ;;
      *) [[ -e $path ]] ;;
    esac || {
      [[ ! -e $stamp ]] || command rm -f -- "$stamp"
      continue
    }
    if [[ -e $stamp ]]; then
      [[ $kind == file && ($stamp -nt $path || $stamp -ot $path) ]] || continue
    elif [[ ! -d ${stamp%/*} ]]; then
      command mkdir -p -- "${stamp%/*}"
    fi
    command touch -r "$path" -- "$stamp"
  done
}

# The stand-in of a rule's code holds what `md5sum` says of the files, and is as new as the last of them that changed in any
# way, whatever time it was given: but only where what it holds is another than before.
sync_code() {
  local row stamp='' last='' path
  local -a rows=() files=()
  [[ -e $artifacts/tables/code.tsv ]] || return 0
  mapfile -t rows <"$artifacts/tables/code.tsv"
  for row in "${rows[@]}" ''; do
    stamp=${row%%$'\t'*}
    if [[ $stamp != "$last" && -n $last ]]; then
      sync_code_stamp "$last" "${files[@]}"
      files=()
    fi
    path=${row#*$'\t'} last=$stamp
    files+=("${path/#-/./-}")
  done
}

sync_code_stamp() {
  local stamp=$1 text old='' newest
  local -a lines=()
  shift
  text=$(md5sum -- "$@" 2>/dev/null)
  [[ ! -e $stamp ]] || old=$(cat -- "$stamp")
  [[ ! -e $stamp || $text != "$old" ]] || return 0
  [[ -d ${stamp%/*} ]] || mkdir -p -- "${stamp%/*}"
  printf '%s\n' "$text" >"$stamp"
  mapfile -t lines <<<"$text"
  # Where one is gone, nobody knows since when.
  ((${#lines[@]} == $#)) && [[ -n $text ]] || return 0
  newest=$(stat -L --printf='%.9Z\n' -- "$@" | LC_ALL=C sort -n | tail -n 1)
  touch -d "@$newest" -- "$stamp"
}

is_empty() {
  local entry
  set +f
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    [[ ! -e $entry && ! -L $entry ]] || break
    entry=
  done
  set -f
  [[ -z $entry ]]
}

# The files of tasks that did not come to their end (a power cut, kill -9): what they left may be half-written.
remove_half_done() {
  local file pid path
  local -a paths
  set +f
  local -a files=("$work"/*.task)
  set -f
  for file in "${files[@]}"; do
    [[ -e $file ]] || continue
    pid=${file##*/}
    pid=${pid%.task}
    # Of a make that runs at this moment.
    if kill -0 "$pid" 2>/dev/null; then
      [[ -r /proc/$pid/cmdline && $(tr '\0' ' ' <"/proc/$pid/cmdline") != *task.sh* ]] || continue
    fi
    mapfile -t paths <"$file"
    for path in "${paths[@]}"; do
      [[ $path != -* ]] || path=./$path
      [[ -L $path || ! -d $path ]] || command chmod -R u+rwX -- "$path"
      command rm -rf -- "$path"
    done
    command rm -f -- "$work/$pid.task" "$work/$pid.log"
  done
}

# A new journal for the tasks of this make: `wfc run` knows by it what is complete. The first task makes the
# file, and its folder: an empty one would tell wfc that nothing is complete.
choose_journal() {
  local file last=0 number
  set +f
  # Submissions to Slurm are folders.
  for file in .wfc/journal/[0-9]*-*; do
    number=${file##*/}
    number=${number%%-*}
    [[ $number != *[!0-9]* ]] && ((10#$number > last)) && last=$((10#$number))
  done
  set -f
  printf -v wfc_journal '.wfc/journal/%06d-make-%s-%d.tsv' $((last + 1)) "${HOSTNAME//[!A-Za-z0-9._-]/_}" "$$"
}

# Whether make was told not to run anything: its first word of flags holds an n or a q.
is_dry() {
  local flags=${MAKEFLAGS%% *}
  [[ $flags != -* && $flags == *[nq]* ]]
}

# The command that runs a task, as make takes it: without a shell of its own where nothing in it asks for one.
task_command() {
  local script=$artifacts/task.sh
  if [[ $script == *[!A-Za-z0-9_./+,@^-]* ]]; then script="'${script//\'/\'\\\'\'}'"; fi
  wfc_task="bash ${script//\$/\$\$}"
}

begin() {
  local make=$1
  shift
  export wfc_journal wfc_task
  if ! is_dry; then
    command mkdir -p "$work" || exit
    remove_half_done
    choose_journal
  fi
  sync_stand_ins
  sync_code
  task_command
  unset wfc_makefile
  local goal row
  local -a rows=() wanted=()
  local -A names=()
  if (($# > 0)) && [[ -e $artifacts/tables/stand-ins.tsv ]]; then
    mapfile -t rows <"$artifacts/tables/stand-ins.tsv"
    for row in "${rows[@]}"; do
      row=${row#*$'\t'}
      names[${row#*$'\t'}]=${row%%$'\t'*}
    done
  fi
  for goal; do wanted+=("${names[$goal]:-$goal}"); done
  # -L: a link is as new as it is itself, or what it leads to, whichever is newer.
  exec "$make" -rRL -f "$artifacts/tasks.mk" -- "${wanted[@]}"
}

end() {
  local path goal
  local -a paths=()
  local -A goals=()
  for goal; do goals[$goal]=1; done
  mapfile -t paths <"$artifacts/tables/temps.txt"
  for path in "${paths[@]}"; do
    [[ -z ${goals[$path]-} && (-e $path || -L $path) ]] || continue
    [[ $path != -* ]] || path=./$path
    [[ -L $path || ! -d $path ]] || command chmod -R u+rwX -- "$path"
    command rm -rf -- "$path"
  done
  sync_stand_ins
}

"$step" "$@"
