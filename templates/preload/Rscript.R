# Loads packages once, and runs each script that it is given in a fork of itself.
#
#   Rscript FILE OWNER CLIENT PACKAGE,...   7>READY  8<>REQUESTS  9<>REPLIES
#
# templates/preload/python3.py says what comes over READY, REQUESTS and REPLIES, and what a child is. What differs here: R
# can't join a process group, so a child leads one of its own. It replies `PID leads CHILD`, and begins once REQUESTS brings
# `go` for that: the client has noted the group by then, and who kills the client kills the group that is noted. Only the
# namespaces of packages are loaded; a script attaches what it wants, in its own order.
#
# A child goes on reading this file as R reads any script, line by line; the descriptor leads to the task's script by then.
# So R itself runs it, and ends as it always does. Functions of the C library are called by `.C`, which hands over pointers:
# of use are those that take none but pointers, or nothing. Needs Linux, for /proc, and R 3.6.

.wfc <- new.env()

local(envir = .wfc, {
  READY <- 7L
  REQUESTS <- 8L
  REPLIES <- 9L
  IDLE_SECONDS <- 300
  SIGKILL <- 9L

  # They leave threads that a fork can do without: that of arrow starts anew (see python3.py), that of cli moves the bars of
  # progress. Source: the manual of cli, tick time.
  FORK_AWARE <- c("arrow", "cli")

  me <- Sys.getpid()
  command <- commandArgs()
  arguments <- commandArgs(trailingOnly = TRUE)
  owner <- arguments[[1]]
  packages <- strsplit(arguments[[3]], ",", fixed = TRUE)[[1]]
  source_file <- grep("^--file=", command)[[1]]
  requests <- NULL
  watched <- NULL

  # --- what R has no functions for ---

  # A path of the C library: musl's is the loader itself.
  libc <- local({
    mapped <- sub("^[^/]*", "", readLines("/proc/self/maps"))
    dyn.load(grep("/(libc[.-][^/]*|ld-musl[^/]*)$", mapped, value = TRUE)[[1]])
  })
  call_c <- function(name, ...) .C(getNativeSymbolInfo(name, libc)$address, ...)

  # Of the package, without its namespace: a script may see what is loaded.
  parallel <- system.file("libs", "parallel.so", package = "parallel", mustWork = TRUE)
  dyn.load(parallel)
  call_parallel <- function(name, ...) .Call(name, ..., PACKAGE = "parallel")

  c_string <- function(text) c(charToRaw(text), as.raw(0))

  # Opens it as the lowest number that is free. Not by file(): a script could close that, or see that it is there.
  open_next <- function(path, mode) call_c("fopen", c_string(path), c_string(mode))

  close_numbers <- function(numbers) call_parallel("mc_close_fds", as.integer(numbers))

  # A process, or a group, as -GROUP.
  kill <- function(process) tryCatch(call_parallel("mc_kill", process, SIGKILL), error = function(e) NULL)

  kill_itself <- function() repeat kill(Sys.getpid())

  # True in the child. Not by mcfork(): R would keep the folder of tempdir() in it, for one.
  is_forked <- function() {
    call_c("fork")
    Sys.getpid() != me
  }

  # Of the child that ends next, as wait() gives it.
  wait_status <- function() call_c("wait", 0L)[[1]]

  # --- processes and descriptors, as /proc shows them ---

  lines_of <- function(...) {
    path <- paste0("/proc/", ...)
    tryCatch(suppressWarnings(readLines(path, warn = FALSE)), error = function(e) character())
  }

  is_there <- function(process) {
    state <- sub("^.*\\) ", "", lines_of(process, "/stat"))
    length(state) > 0 && !grepl("^[ZX]", state[[1]])
  }

  open_numbers <- function() as.integer(list.files("/proc/self/fd"))
  target_of <- function(number, process = "self") Sys.readlink(paste0("/proc/", process, "/fd/", number))
  threads <- function() length(list.files("/proc/self/task"))
  children <- function() scan(text = lines_of("self/task/", me, "/children"), what = 0L, quiet = TRUE)

  # In one piece.
  say <- function(number, ...) {
    to <- file(paste0("/proc/self/fd/", number), "wb", raw = TRUE)
    on.exit(close(to))
    writeBin(charToRaw(paste0(..., "\n")), to)
  }

  nap <- function(since, most) Sys.sleep(min(max((now() - since) / 50, 0.001), most))
  now <- function() proc.time()[["elapsed"]]

  # --- what is loaded ---

  load <- function() {
    if (getRversion() < "3.6" || !file.exists(paste0("/proc/self/task/", me, "/children"))) leave(1)
    began <- now()
    # What lies in the parent's group dies with the first client.
    call_c("setpgrp")
    for (package in packages) {
      if (inherits(tryCatch(loadNamespace(package), error = identity), "error")) {
        # What the script would say.
        try(eval(call("library", as.name(package))))
        fail("Execution halted")
      }
      tell_problem(package)
    }
    for (package in attached_by(packages)) try(loadNamespace(package), silent = TRUE)
    tell_problem(paste(packages, collapse = ", "))
    watched <<- stamps(own_files())
    gc()
    say(READY, "ready ", me, " ", format(now() - began))
    close_numbers(READY)
    invisible()
  }

  # Some load more when they are attached (what they depend on; tidyverse): tried in a fork, which nothing outlives.
  attached_by <- function(packages) {
    found <- tempfile()
    on.exit(unlink(found))
    if (is_forked()) {
      close_numbers(0:2)
      for (number in 0:2) open_next("/dev/null", "r+")
      for (package in packages) tryCatch(library(package, character.only = TRUE), error = function(e) NULL)
      writeLines(loadedNamespaces(), found)
      kill_itself()
    }
    wait_status()
    if (file.exists(found)) setdiff(readLines(found), loadedNamespaces()) else character()
  }

  # Ends where a fork would not be what a new process is.
  tell_problem <- function(package) {
    problem <- NULL
    if (any(startsWith(target_of(open_numbers()), "/dev/nvidia"), na.rm = TRUE)) {
      problem <- "has initialised CUDA, which does not survive a fork"
    } else if (threads() > 1 && !any(FORK_AWARE %in% loadedNamespaces())) {
      # Libraries of linear algebra end their threads before a fork, and start them anew after it.
      if (is_forked()) kill_itself()
      wait_status()
      if (threads() > 1) problem <- "has started threads, which do not survive a fork"
    }
    if (!is.null(problem)) fail("wfc: preload: ", package, " ", problem, ": it can't be preloaded")
  }

  # The client goes on when it hears of it: all is said by then.
  fail <- function(...) {
    cat(..., "\n", file = stderr(), sep = "")
    say(READY, "failed")
    leave(1)
  }

  # Without a .Last, which is the scripts' own.
  leave <- function(status) quit("no", status, runLast = FALSE)

  # Of loaded packages that lie in the spec's folder: one file that each installation writes anew.
  own_files <- function() {
    folders <- vapply(setdiff(loadedNamespaces(), "base"), function(n) getNamespaceInfo(n, "path"), "")
    folders <- folders[startsWith(normalizePath(folders), paste0(getwd(), "/"))]
    file.path(folders, "Meta", "package.rds")
  }

  stamps <- function(files) if (length(files) > 0) file.info(files, extra_cols = FALSE)[c("size", "mtime")]

  # --- requests ---

  # Returns in a child alone, which is then to be its script.
  serve <- function() {
    # Nothing of it is left in a child.
    rm(list = intersect(c(".wfc", ".Random.seed"), ls(globalenv(), all.names = TRUE)), envir = globalenv())
    close_numbers(0:2)
    for (number in 0:2) open_next("/dev/null", "r+")
    # Not by fifo(), which loses what comes right after nothing was there. Seen in R 4.2.
    requests <<- file(paste0("/proc/self/fd/", REQUESTS), "rb", blocking = FALSE, raw = TRUE)
    surroundings <- NULL
    repeat {
      request <- next_request()
      if (is.null(request)) leave(0)
      now_around <- c(list(request$environment), surroundings_of(request$client))
      if (is.null(surroundings)) surroundings <- now_around
      if (!can_be_served(request$client) || !identical(surroundings, now_around) ||
          !identical(watched, stamps(own_files()))) {
        say(REPLIES, request$client, " anew")
        leave(0)
      }
      if (is_forked()) return(become(request))
      status <- end_of(children(), request$client)
      if (is.null(status)) leave(0)
      say(REPLIES, request$client, " ended ", status)
    }
  }

  # A list of client, script with its arguments, gpus (NULL: unset), environment; NULL where there is none any more.
  next_request <- function() {
    end <- c_string("end")
    text <- raw()
    since <- now()
    while (!identical(last(text, 5L), c(as.raw(0), end))) {
      more <- read_now()
      # Meant for a child that had ended by itself.
      if (length(text) == 0) while (identical(more[1:3], c_string("go"))) more <- more[-(1:3)]
      text <- c(text, more)
      if (length(more) > 0) since <- now()
      if (!is_there(owner) || now() - since > (if (length(text) == 0) IDLE_SECONDS else 1)) return(NULL)
      if (length(more) == 0) nap(since, 0.05)
    }
    ends <- which(text == as.raw(0))
    field <- function(n) rawToChar(text[seq_len(ends[[n]] - 1L - start(n)) + start(n)])
    start <- function(n) if (n == 1) 0L else ends[[n - 1]]
    count <- as.integer(field(2))
    list(
      client = field(1),
      script = vapply(seq_len(count) + 2L, field, ""),
      gpus = if (field(count + 3L) == "yes") field(count + 4L),
      environment = text[-seq_len(ends[[count + 4L]])]
    )
  }

  last <- function(values, count) values[seq_along(values) > length(values) - count]

  read_now <- function() readBin(requests, raw(), 65536L)

  # What is the same for a task of the same rule; where it is not, a new interpreter takes it over from its client.
  surroundings_of <- function(client) {
    status <- grep("^(Umask|SigIgn|Cpus_allowed):", lines_of(client, "/status"), value = TRUE)
    list(Sys.readlink(paste0("/proc/", client, "/cwd")), lines_of(client, "/limits"), status)
  }

  # Not so where it is gone, or its output is nothing that can be opened again.
  can_be_served <- function(client) all(grepl("^(/|pipe:)", target_of(0:2, client)))

  # The exit status of a child, 128 + n for a signal n; NULL once the owner is gone, or the client before the child ended.
  end_of <- function(child, client) {
    since <- now()
    lost <- FALSE
    while (!lost && is_there(child)) {
      nap(since, 0.25)
      lost <- !is_there(owner) || !is_there(client)
    }
    # Before it is waited for: until then its number is nobody else's. What it left running must not write any more.
    kill(-child)
    kill(child)
    status <- wait_status()
    if (lost) return(NULL)
    if (bitwAnd(status, 127L) != 0L) 128L + bitwAnd(status, 127L) else bitwShiftR(status, 8L)
  }

  # --- in a child ---

  become <- function(request) {
    call_c("setpgrp")
    say(REPLIES, request$client, " leads ", Sys.getpid())
    since <- now()
    while (!identical(read_now(), c_string("go"))) {
      if (!is_there(request$client)) kill_itself()
      nap(since, 0.05)
    }
    close(requests)
    own <- substring(command[[source_file]], nchar("--file=") + 1)
    source_number <- open_numbers()[target_of(open_numbers()) %in% normalizePath(own)]
    close_numbers(c(0:2, REQUESTS, REPLIES, source_number))
    open_next(paste0("/proc/", request$client, "/fd/0"), "r")
    # Appending: what is written to one must not be overwritten through the other.
    for (number in 1:2) open_next(paste0("/proc/", request$client, "/fd/", number), "a")
    script <- request$script[[1]]
    open_next(script, "r")
    if (!identical(target_of(source_number), normalizePath(script)) || !all(0:2 %in% open_numbers())) kill_itself()
    if (is.null(request$gpus)) Sys.unsetenv("CUDA_VISIBLE_DEVICES") else Sys.setenv(CUDA_VISIBLE_DEVICES = request$gpus)
    take_command(script, request$script[-1])
    take_folder()
    if (!isNamespaceLoaded("parallel")) dyn.unload(parallel)
    dyn.unload(libc[["path"]])
    invisible()
  }

  # commandArgs() of a new R.
  take_command <- function(script, arguments) {
    all <- c(command[seq_len(source_file - 1L)], paste0("--file=", script), if (length(arguments) > 0) "--args", arguments)
    base <- baseenv()
    changed <- eval(substitute(function(trailingOnly = FALSE) {
      args <- ALL
      if (trailingOnly) {
        m <- match("--args", args, 0L)
        if (m) args[-seq_len(m)] else character()
      } else args
    }, list(ALL = all)), base)
    unlockBinding("commandArgs", base)
    assign("commandArgs", changed, envir = base)
    lockBinding("commandArgs", base)
  }

  # A tempdir() of its own, which goes with it. R makes a new one only where the old is missing.
  take_folder <- function() {
    theirs <- tempdir()
    aside <- paste0(theirs, "-")
    file.rename(theirs, aside)
    tempdir(check = TRUE)
    file.rename(aside, theirs)
  }
})

# One after another: what was to be warned of is said in between.
.wfc$load()
.wfc$serve()
