"""Open questions: does grokking happen in NeRFs and PINNs, and do larger networks have more suitable minima?"""
