# SPDX-License-Identifier: Apache-2.0
"""Follows a new release of SQLMesh: scripts/follow-sqlmesh. CONTRIBUTING.md describes what it does."""
