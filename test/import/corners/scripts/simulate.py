found = snakemake.params.space
open(snakemake.output[0], "w").write(" ".join(f"{name}={value * 2}" for name, value in sorted(found.items())))
