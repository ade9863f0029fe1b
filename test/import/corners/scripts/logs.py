with open(snakemake.log.other, "w") as log:
    print(len(snakemake.log), file=log)
open(snakemake.output[0], "w").write(" ".join(snakemake.log))
