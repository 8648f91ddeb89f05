from setuptools import setup

setup()  # the metadata are in pyproject.toml
