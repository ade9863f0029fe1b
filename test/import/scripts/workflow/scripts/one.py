from snakemake.shell import shell

shell("cat {snakemake.input:q} > {snakemake.output:q}; echo {snakemake.wildcards.kind} >> {snakemake.output:q}")
