"""What the demo's configuration says beyond the addresses of the sandbox: the sequences of the named customers.

It stands behind everything else in the file, so that its first line is one more key of the last tenant there: the
American firm thanks for payments.
"""

POLICY = """
thanks = "email"

[tenants.north.charges]
terms = "uk"
customers = "business"

# The sequences of the demo's named customers; everybody else goes through the usual one.
[policy]
plan_tolerance_days = 7

[policy.write_off]
account = "404"
item = "2"

[[policy.segments]]
name = "by-text"
sequence = "by-text"
groups = ["By text"]

[[policy.segments]]
name = "by-voice"
sequence = "by-voice"
groups = ["By voice"]

[[policy.segments]]
name = "by-post"
sequence = "by-post"
tenants = ["west"]
groups = ["By post"]

[[policy.segments]]
name = "personal"
sequence = "personal"
groups = ["Personal"]

[[policy.segments]]
name = "brief"
sequence = "brief"
groups = ["Brief"]

[[policy.segments]]
name = "key-accounts"
sequence = "patient"
groups = ["Key accounts of the demo"]
owes_at_least = { default = "2000.00" }

[[policy.segments]]
name = "with-charges"
sequence = "with-charges"
tenants = ["north"]
groups = ["With charges"]

[policy.sequences.by-text]
[[policy.sequences.by-text.stages]]
name = "text"
template = "soft"
offset_days = 1
channels = ["sms", "email"]

[[policy.sequences.by-text.stages]]
name = "second-text"
template = "firm"
offset_days = 8
channels = ["sms", "email"]

[policy.sequences.by-voice]
[[policy.sequences.by-voice.stages]]
name = "voice-call"
template = "soft"
offset_days = 1
channels = ["voice", "email"]

[[policy.sequences.by-voice.stages]]
name = "after-voice-call"
template = "firm"
offset_days = 10
channels = ["email"]

[policy.sequences.by-post]
[[policy.sequences.by-post.stages]]
name = "letter"
template = "firm"
offset_days = 1
channels = ["email", "letter"]

[[policy.sequences.by-post.stages]]
name = "last-letter"
template = "final"
offset_days = 16
channels = ["letter"]

[policy.sequences.personal]
[[policy.sequences.personal.stages]]
name = "before-call"
template = "soft"
offset_days = 1

[[policy.sequences.personal.stages]]
name = "call"
template = "firm"
offset_days = 5
channels = ["call"]
owner = "bookkeeper"

[[policy.sequences.personal.stages]]
name = "after-call"
template = "final"
offset_days = 7
after = "previous"

[policy.sequences.brief]
handover_days = 14
[[policy.sequences.brief.stages]]
name = "brief-soft"
template = "soft"
offset_days = 1

[[policy.sequences.brief.stages]]
name = "brief-final"
template = "final"
offset_days = 6

[policy.sequences.patient]
[[policy.sequences.patient.stages]]
name = "patient-friendly"
template = "friendly"
offset_days = 5

[[policy.sequences.patient.stages]]
name = "patient-soft"
template = "soft"
offset_days = 19

[policy.sequences.with-charges]
[[policy.sequences.with-charges.stages]]
name = "charges-soft"
template = "soft"
offset_days = 1

[[policy.sequences.with-charges.stages]]
name = "charges-final"
template = "final"
offset_days = 6
charges = "claim"
"""
