"""Dashboards as code: what dashboards/*.yml say, compiled into a bundle that Apache Superset imports."""
