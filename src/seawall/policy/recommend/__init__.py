"""From recorded traffic to policies, and the proof of what they do.

`units` says whom one policy can be about, `needs` what each of them was seen to need, `write` spells that in a dialect. `proof` judges the documents with
the engines that judge every policy; it shares nothing with what wrote them.
"""
