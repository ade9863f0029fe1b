"""A stand-in for the rivers and their gauges, so that the example needs no download. All stations are made up.

Everything about a station follows from its row in obs_file.csv (the river and its gauge) and its row in input_file.csv
(the weather station nearby); all chance in it is seeded with the station's id. So every task sees the same river.
With real data, observe() and weather_station() would read daily values from the two files; little else would change.
"""

import csv
import math
from datetime import date, timedelta
from random import Random

FIRST_DAY = date(2017, 10, 1)  # water years 2018, 2019 and 2020
VALIDATION_FROM = date(2019, 10, 1)  # two water years to train on, the third to validate on
LAST_DAY = date(2020, 9, 30)
DAYS = (LAST_DAY - FIRST_DAY).days + 1


def read_station(path, site_id):
    """The station's row of a csv: its id as text, the rest as numbers."""
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            if row["site_id"] == site_id:
                return {name: text if name == "site_id" else float(text) for name, text in row.items()}
    raise SystemExit(f"{path} has no station {site_id}")


def all_dates():
    return [(FIRST_DAY + timedelta(days=day)).isoformat() for day in range(DAYS)]


def in_partition(day, partition):
    """day: ISO date; partition: train or validation."""
    if partition not in ("train", "validation"):
        raise SystemExit(f"no such partition: {partition}")
    return (day >= VALIDATION_FROM.isoformat()) == (partition == "validation")


def season_of(day):
    """-1 on about 20 January, 1 half a year later. Day 0 is 1 October."""
    return -math.cos(2 * math.pi * (day - 111) / 365.25)


def simulate_weather(station):
    """Daily rain (mm, snow too), air temperature (degrees C) and sunshine (share of a cloudless midsummer day's)."""
    random = Random("weather " + station["site_id"])
    rain, air, sun = [], [], []
    wet, warm_spell, cloud = False, 0.0, 0.5
    for day in range(DAYS):
        wet = random.random() < station["wet_day_share"] * (1.5 if wet else 0.75)
        rain.append(random.expovariate(1 / station["wet_day_mm"]) if wet else 0.0)
        warm_spell = 0.8 * warm_spell + random.gauss(0, 2)
        air.append(station["mean_air_c"] + station["season_air_c"] * season_of(day) + warm_spell - (1 if wet else 0))
        cloud = min(1.0, max(0.0, 0.7 * cloud + (0.3 if wet else 0.1) + random.gauss(0, 0.12)))
        sun.append((0.6 + 0.4 * season_of(day + 30)) * (1 - 0.75 * cloud))
    return rain, air, sun


def simulate_river(station, rain, air, sun):
    """Daily streamflow (m3/s) and water temperature (degrees C): a bucket model.

    Rain and melting snow fill the soil. The wetter the soil, the more runs off quickly; the rest seeps into
    groundwater, which drains slowly. The energy of sun and air melts the snow and dries the soil, and it heats the
    water: fast where the river is low, slowly where most of it is groundwater. So who learns temperature learns
    something about flow.
    """
    flow, temperature = [], []
    snow, soil, quick = 0.0, 70.0, 1.0
    slow = station["slow_days"] * 0.8
    water_c = max(0.5, air[0])
    ground_c = max(2.0, station["mean_air_c"] + 4)
    for rain_mm, air_c, sunshine in zip(rain, air, sun):
        energy = max(0.0, 0.06 * air_c + 2 * sunshine)
        if air_c < 0:
            snow, liquid = snow + rain_mm, 0.0
        else:
            melt = min(snow, 4 * energy)
            snow, liquid = snow - melt, rain_mm + melt
        wetness = min(1.0, soil / 140)
        runoff = liquid * wetness**2
        seepage = 0.02 * soil * wetness
        evaporation = 3 * energy * min(1.0, 1.4 * wetness)
        soil = max(0.0, soil + liquid - runoff - seepage - evaporation)
        quick += runoff * (1 - station["slow_share"])
        slow += runoff * station["slow_share"] + seepage
        quick_mm, slow_mm = 0.4 * quick, slow / station["slow_days"]
        quick, slow = quick - quick_mm, slow - slow_mm
        flow_mm = quick_mm + slow_mm + 0.02
        flow.append(flow_mm * station["area_km2"] / 86.4)

        from_ground = 0.7 * slow_mm / flow_mm
        ground_c += (11 * energy - ground_c) / 40
        equilibrium_c = (1 - from_ground) * 11 * energy + from_ground * ground_c
        heating_days = 1 + 3 * math.sqrt(min(4.0, flow_mm))
        water_c = max(0.0, water_c + (equilibrium_c - water_c) / heating_days)
        temperature.append(water_c)
    return flow, temperature


def observe(station):
    """What was measured at the gauge: {date: (streamflow, temperature)}, with None where nothing was.

    In the training years somebody waded in with a flow meter now and then. An automatic gauge came with the validation
    year. A thermometer logged all the time and hardly ever failed.
    """
    flow, temperature = simulate_river(station, *simulate_weather(station))
    random = Random("gauge " + station["site_id"])
    measured = {}
    for day, flow_m3s, water_c in zip(all_dates(), flow, temperature):
        share = 0.97 if in_partition(day, "validation") else station["flow_visits_a_month"] / 30
        flow_seen, water_seen = random.random() < share, random.random() < 0.96
        noisy_flow = flow_m3s * math.exp(random.gauss(0, 0.06))
        noisy_c = max(0.0, water_c + random.gauss(0, 0.2))
        measured[day] = (noisy_flow if flow_seen else None, noisy_c if water_seen else None)
    return measured


def weather_station(station, gauge):
    """Rain, air temperature and sunshine as the nearest weather station measured them: the inputs of the model."""
    rain, air, sun = simulate_weather(station)
    random = Random("weather station " + station["site_id"])
    spread = gauge["distance_km"] / 100
    measured_rain = [mm * gauge["rain_catch"] * math.exp(random.gauss(0, spread)) for mm in rain]
    measured_air = [air_c + gauge["air_bias_c"] + random.gauss(0, 5 * spread) for air_c in air]
    measured_sun = [share * math.exp(random.gauss(0, spread)) for share in sun]
    return measured_rain, measured_air, measured_sun
