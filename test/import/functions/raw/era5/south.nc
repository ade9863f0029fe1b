era5/south 1
era5/south 2
era5/south 3
