"""What the device is: one room per resource; rooms meet only in `sbcd.device`."""
