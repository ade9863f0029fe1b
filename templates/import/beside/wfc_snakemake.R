# What R scripts find when Snakemake starts them, for `shell: Rscript` of a spec. Written by `wfc import snakefile`.
# Slots and their meaning are those of Snakemake 7.21: snakemake/script.py.

library(methods)
Snakemake <- setClass("Snakemake", slots = c(
  input = "list", output = "list", params = "list", wildcards = "list", threads = "numeric", log = "list",
  resources = "list", config = "list", rule = "character", bench_iteration = "numeric", scriptdir = "character",
  source = "function"
))

# Values by place, and then again by name: snakemake@params[[1]], snakemake@params[["rate"]].
named <- function(...) {
  given <- list(...)
  words <- names(given)
  c(unname(given), if (is.null(words)) list() else given[words != ""])
}

# Paths: one by one or in vectors, which are taken apart. A name may stand for a vector.
files <- function(...) {
  given <- list(...)
  words <- names(given)
  c(as.list(unlist(given, use.names = FALSE)), if (is.null(words)) list() else given[words != ""])
}

# A value that stands in the spec as JSON, as Snakemake gives it: a mapping is a list with names, a list a vector.
from_json <- function(text) {
  parts <- regmatches(text, gregexpr('"(\\\\.|[^"\\\\])*"|[][{}:,]|[^][{}:,"[:space:]]+', text, perl = TRUE))[[1]]
  words <- c("{" = "list(", "}" = ")", "[" = "c(", "]" = ")", ":" = "=", true = "TRUE", false = "FALSE", null = "NULL")
  eval(parse(text = paste(ifelse(parts %in% names(words), words[parts], parts), collapse = " ")), baseenv())
}

snakemake_of <- function(path, input = list(), output = list(), params = list(), wildcards = list(), threads = 1,
                         resources = list(), log = list(), config = list(), rule = "") {
  folder <- dirname(normalizePath(path))
  # A task may have logs beside its own.
  for (place in unlist(log)) dir.create(dirname(place), showWarnings = FALSE, recursive = TRUE)
  Snakemake(
    input = input, output = output, params = params, wildcards = wildcards, threads = threads, log = log,
    resources = c(resources, list(tmpdir = dirname(tempdir()))), config = config, rule = rule,
    bench_iteration = as.numeric(NA), scriptdir = folder,
    source = function(...) {
      before <- setwd(folder)
      on.exit(setwd(before))
      source(...)
    }
  )
}

script <- function(path, ...) {
  object <- snakemake_of(path, ...)
  assign("snakemake", object, envir = globalenv())
  if (grepl("[.]Rmd$", path)) {
    rmarkdown::render(path, output_file = file.path(getwd(), object@output[[1]]), quiet = TRUE, knit_root_dir = getwd(),
                      params = list(rmd = path), envir = globalenv())
  } else {
    source(path, print.eval = TRUE)
  }
}
