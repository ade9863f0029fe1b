"""Writes a row for each training: how close it came to the line y = 3x - 1, and in how many slices."""
import json
import sys

with open(sys.argv[1], "w") as table:
    table.write("rate,epochs,slices,slope,offset\n")
    for path in sys.argv[2:]:
        with open(path) as file:
            fit = json.load(file)
        table.write(f"{fit['rate']},{fit['epoch']},{fit['slices']},{fit['slope']:.3f},{fit['offset']:.3f}\n")
