rule count:
    output: "count.txt"
    params: number=models.COUNT
    shell: "echo {params.number} > {output}"
