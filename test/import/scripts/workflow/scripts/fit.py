import json
import os
import sys

import common
import numpy as np

def main(smk):
    told = {
        "input": [list(smk.input), smk.input[0], smk.input.raw, list(smk.input.both), smk.input["raw"], str(smk.input)],
        "names": [sorted(smk.input.keys()), sorted(smk.params.keys())],
        "output": [list(smk.output), smk.output.extra],
        "params": [smk.params[0], smk.params.rate, smk.params.model, smk.params.listed, smk.params.flag, smk.params.nothing],
        "wildcards": [smk.wildcards.site, smk.wildcards[0], dict(smk.wildcards.items())],
        "more": [smk.threads, smk.resources.mem_mb, smk.resources["tries"], smk.log[0], smk.log.err, smk.rule],
        "config": [smk.config, smk.params.whole == smk.config],
        "get": [smk.params.get("rate"), smk.params.get("none", 7), smk.log_fmt_shell()],
        "place": [os.path.relpath(__file__), os.path.basename(smk.scriptdir), __name__, len(sys.argv)],
        "common": common.twice(2),
    }
    with open(smk.output[0], "w") as out:
        json.dump(told, out, indent=1)
    open(smk.output.extra, "w").write(str(np.arange(3).sum()))

if __name__ == "__main__":
    main(snakemake)
