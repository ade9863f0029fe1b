rule model:
    output: "models/{model}_{width,[0-9]+}.txt"
    shell: "echo {wildcards.model} {wildcards.width} {rule} > {output}"
