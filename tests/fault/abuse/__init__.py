# SPDX-License-Identifier: Apache-2.0
"""What a hostile caller may try, one file a kind. Each is bounded in time, count and memory, stays on the loopback, and
ends with the same two questions: is an authenticated call answered within a second, and is memory back under its
bound?"""
