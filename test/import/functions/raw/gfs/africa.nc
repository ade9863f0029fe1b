gfs/africa 1
gfs/africa 2
gfs/africa 3
