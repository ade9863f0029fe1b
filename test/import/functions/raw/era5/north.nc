era5/north 1
era5/north 2
era5/north 3
