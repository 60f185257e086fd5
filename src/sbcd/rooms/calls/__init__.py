"""The calls: what the device is there for. Half of the room lives in the device, half in the engine.

contract.py, facts.py, plan.py: the vocabulary between the two. planner.py: a configuration becomes a plan."""
