out <- file(snakemake@output[[1]], "w")
writeLines(c(
  snakemake@input[["raw"]], snakemake@input[[1]], snakemake@input$both, length(snakemake@input),
  snakemake@params[[1]], snakemake@params[["rate"]] * 2, snakemake@params$listed, snakemake@params[["flag"]],
  snakemake@wildcards[["site"]], snakemake@threads, snakemake@config[["model"]][["width"]] + 1, snakemake@config$days,
  snakemake@rule, basename(snakemake@scriptdir), snakemake@params$pair, snakemake@params$column * 2,
  capture.output(str(snakemake@params[["model"]])), capture.output(str(snakemake@params$levels))
), out)
close(out)
