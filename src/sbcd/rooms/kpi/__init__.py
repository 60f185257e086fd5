"""The KPIs of the device."""
