from snakemake.shell import shell
log = snakemake.log_fmt_shell()
shell("(echo wrapped; cat {snakemake.input}) > {snakemake.output} {log}")
