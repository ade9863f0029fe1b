"""The gauges of a catalog with a record that is long enough, one a line."""

import csv
import sys

catalog, years = sys.argv[1], int(sys.argv[2])
with open(catalog) as file:
    for row in csv.DictReader(file):
        if int(row["years"]) >= years:
            print(row["site"])
