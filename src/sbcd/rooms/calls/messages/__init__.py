"""Message manipulations, conditions and call setup rules: the vendor's small language over SIP messages.

One rule: a text is compiled once, with its errors told then; a message is never left half manipulated."""

from sbcd.rooms.calls.messages.draft import Draft
from sbcd.rooms.calls.messages.language import Condition, Value, condition, value
from sbcd.rooms.calls.messages.rules import Act, Rule, Sets, rule
from sbcd.rooms.calls.messages.scene import Scene

__all__ = ["Act", "Condition", "Draft", "Rule", "Scene", "Sets", "Value", "condition", "rule", "value"]
