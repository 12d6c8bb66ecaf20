"""The scheme of the solver written out cell by cell, to be read beside the papers.

Slow on purpose: plain Python floats, no reuse of the product's kernels.
"""

from dataclasses import dataclass

import numpy as np

G = 9.81
DRY = 1e-5


@dataclass
class PlainScheme:
    bed: np.ndarray  # walls: infinite
    roughness: np.ndarray
    dx: float
    depth: np.ndarray
    theta: float = 0.9
    speed_cap: float = 10.0

    def __post_init__(self):
        rows, cols = self.bed.shape
        self.qx = np.zeros((rows, cols + 1))
        self.qy = np.zeros((rows + 1, cols))

    def face(self, here, there, flow, across, dt):
        """Discharge from cell ``here`` to cell ``there`` after a step (Bates 2010, eq. 11)."""
        own, before, after = flow
        level_here = self.bed[here] + self.depth[here]
        level_there = self.bed[there] + self.depth[there]
        sill = max(self.bed[here], self.bed[there])
        if sill == np.inf:
            return 0.0
        h = max(level_here, level_there) - sill
        if h <= DRY:
            return 0.0
        n = 0.5 * (self.roughness[here] + self.roughness[there])
        courant = dt * (G * h) ** 0.5 / self.dx
        weight = 0.5 * (1 - self.theta) * courant / 0.7
        magnitude = (own**2 + (sum(across) / 4) ** 2) ** 0.5
        pushed = own + weight * (before - 2 * own + after)
        pushed -= G * h * dt * (level_there - level_here) / self.dx
        q = pushed / (1 + G * dt * n**2 * magnitude / h ** (7 / 3))
        return min(max(q, -self.speed_cap * h), self.speed_cap * h)

    def new_discharge(self, dt):
        rows, cols = self.bed.shape
        qx, qy = np.zeros_like(self.qx), np.zeros_like(self.qy)
        for i in range(rows):
            for j in range(1, cols):
                across = [self.qy[a, b] for a in (i, i + 1) for b in (j - 1, j)]
                flow = self.qx[i, j], self.qx[i, j - 1], self.qx[i, j + 1]
                qx[i, j] = self.face((i, j - 1), (i, j), flow, across, dt)
        for i in range(1, rows):
            for j in range(cols):
                across = [self.qx[a, b] for a in (i - 1, i) for b in (j, j + 1)]
                flow = self.qy[i, j], self.qy[i - 1, j], self.qy[i + 1, j]
                qy[i, j] = self.face((i - 1, j), (i, j), flow, across, dt)
        return qx, qy

    def payable_share(self, qx, qy, dt):
        """What part of its outflow each cell can pay (donor-cell limiter)."""
        share = np.ones(self.bed.shape)
        for (i, j), depth in np.ndenumerate(self.depth):
            out = max(qx[i, j + 1], 0) + max(-qx[i, j], 0)
            out += max(qy[i + 1, j], 0) + max(-qy[i, j], 0)
            if out > 0:
                share[i, j] = min(1.0, (1 - 1e-5) * depth * self.dx / (dt * out))
        return share

    def step(self, dt, rain_m=0.0):
        rows, cols = self.bed.shape
        qx, qy = self.new_discharge(dt)
        share = self.payable_share(qx, qy, dt)
        for i in range(rows):
            for j in range(1, cols):
                qx[i, j] *= share[i, j - 1] if qx[i, j] > 0 else share[i, j]
        for i in range(1, rows):
            for j in range(cols):
                qy[i, j] *= share[i - 1, j] if qy[i, j] > 0 else share[i, j]
        for i in range(rows):
            for j in range(cols):
                net = qx[i, j] - qx[i, j + 1] + qy[i, j] - qy[i + 1, j]
                self.depth[i, j] += dt / self.dx * net
        self.depth[self.bed < np.inf] += rain_m
        self.qx, self.qy = qx, qy
