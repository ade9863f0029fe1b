from pathlib import Path
Path(snakemake.output[0]).write_text("".join(Path(p).read_text() for p in snakemake.input))
