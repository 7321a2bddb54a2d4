"""What each of MLL23's classes looks like, as numbers: sizes in µm, shares of the cell's radius, colours in RGB.

All of a look is numbers, so half-way between two classes is a look too: the borderline cell on which experts
differ.
"""

from dataclasses import dataclass, fields
from typing import Any

from app.demo.canvas import Colour

LILAC: Colour = (168, 92, 168)
PURPLE: Colour = (112, 34, 122)
INK: Colour = (58, 20, 104)
RED: Colour = (176, 42, 104)


@dataclass(frozen=True)
class Look:
    """The mean cell of a class; drawing varies it."""

    radius: float
    """Of the cell, µm."""
    nucleus: float
    """Half the width of the nucleus as a share of the cell's radius."""
    cytoplasm: Colour
    edge: Colour
    """Cytoplasm at the cell's edge."""
    chromatin: Colour = (76, 28, 130)
    light: Colour = (136, 88, 168)
    """Between the chromatin."""
    stretch: float = 0.03
    unevenness: float = 0.04
    moulded: float = 0.0
    """How far red cells press into it."""
    length: float = 0.12
    """Of the nucleus' spine, a share of the cell's radius."""
    bend: float = 0.0
    lobes: float = 1.0
    pinch: float = 0.0
    kink: float = 0.0
    eccentric: float = 0.1
    """How far the nucleus lies off centre, a share of the room that it has."""
    ruggedness: float = 2.0
    """Of the nucleus' outline, px."""
    coarse: float = 0.5
    """Chromatin from a fine net, 0, to clumps, 1."""
    contrast: float = 0.6
    wheel: float = 0.0
    """Clumps along the nucleus' edge, like the spokes of a cartwheel."""
    folds: float = 0.0
    nucleoli: float = 0.0
    mottle: float = 0.5
    """Unevenness of the cytoplasm."""
    golgi: float = 0.0
    vacuoles: float = 0.0
    fine: float = 0.0
    """Fine lilac granules, share of the cytoplasm."""
    granules: float = 0.0
    """Number of large granules."""
    granule: float = 0.2
    """Their radius, µm."""
    granule_colour: Colour = PURPLE
    over_nucleus: float = 0.0
    """Share of them that covers the nucleus."""
    rods: float = 0.0
    hairs: float = 0.0
    smeared: float = 0.0


PALE_PINK: Colour = (233, 208, 212)
PINK: Colour = (228, 198, 208)
CLUMPED: Colour = (64, 22, 118)

LOOKS = {
    "myeloblast": Look(
        radius=7.4,
        nucleus=0.83,
        cytoplasm=(158, 164, 204),
        edge=(124, 132, 190),
        chromatin=(90, 40, 142),
        light=(164, 116, 190),
        coarse=0.05,
        contrast=0.8,
        nucleoli=2.6,
        unevenness=0.06,
        ruggedness=3,
        rods=0.15,
        eccentric=0.7,
    ),
    "promyelocyte": Look(
        radius=8.4,
        nucleus=0.6,
        length=0.28,
        cytoplasm=(192, 178, 208),
        edge=(150, 148, 196),
        chromatin=(84, 34, 138),
        light=(160, 112, 186),
        coarse=0.25,
        contrast=0.8,
        eccentric=0.75,
        nucleoli=1.0,
        golgi=0.8,
        granules=120,
        granule=0.23,
        over_nucleus=0.6,
        fine=0.1,
    ),
    "promyelocyte_atypical": Look(
        radius=8.1,
        nucleus=0.45,
        length=0.8,
        bend=0.9,
        lobes=2,
        pinch=0.45,
        kink=0.25,
        cytoplasm=(196, 162, 200),
        edge=(176, 146, 194),
        chromatin=(82, 32, 136),
        light=(158, 108, 184),
        coarse=0.15,
        contrast=0.75,
        folds=0.8,
        granules=230,
        granule=0.17,
        granule_colour=(134, 40, 122),
        over_nucleus=0.35,
        fine=0.3,
        rods=5,
        unevenness=0.07,
        ruggedness=4,
    ),
    "myelocyte": Look(
        radius=7.2,
        nucleus=0.5,
        length=0.26,
        cytoplasm=(218, 194, 208),
        edge=(190, 180, 206),
        chromatin=(72, 26, 128),
        light=(156, 106, 178),
        coarse=0.55,
        contrast=0.9,
        eccentric=0.8,
        golgi=0.35,
        fine=0.45,
        granules=26,
        granule=0.15,
        over_nucleus=0.2,
    ),
    "metamyelocyte": Look(
        radius=6.8,
        nucleus=0.38,
        length=0.72,
        bend=2.2,
        cytoplasm=PINK,
        edge=(222, 196, 212),
        chromatin=(72, 26, 126),
        coarse=0.75,
        contrast=1.0,
        eccentric=0.55,
        fine=0.45,
        granules=12,
        granule=0.14,
        light=(158, 110, 178),
    ),
    "neutrophil_band": Look(
        radius=6.7,
        nucleus=0.235,
        length=1.75,
        bend=3.3,
        lobes=2,
        pinch=0.12,
        kink=0.15,
        cytoplasm=PALE_PINK,
        edge=(228, 200, 212),
        chromatin=CLUMPED,
        coarse=0.85,
        contrast=0.95,
        eccentric=0.3,
        fine=0.5,
        light=(160, 112, 178),
    ),
    "neutrophil_segmented": Look(
        radius=6.7,
        nucleus=0.295,
        length=2.3,
        bend=3.2,
        lobes=3.3,
        pinch=0.97,
        kink=0.4,
        cytoplasm=PALE_PINK,
        edge=(229, 202, 212),
        chromatin=CLUMPED,
        coarse=0.85,
        contrast=0.95,
        eccentric=0.25,
        fine=0.5,
        light=(160, 112, 178),
    ),
    "eosinophil": Look(
        radius=6.9,
        nucleus=0.355,
        length=1.3,
        bend=1.5,
        lobes=2.2,
        pinch=0.95,
        kink=0.3,
        cytoplasm=(226, 172, 160),
        edge=(222, 164, 150),
        chromatin=(70, 26, 122),
        coarse=0.8,
        contrast=0.9,
        eccentric=0.6,
        granules=900,
        granule=0.25,
        granule_colour=(194, 104, 86),
        over_nucleus=0.0,
        light=(150, 100, 172),
    ),
    "basophil": Look(
        radius=6.2,
        nucleus=0.44,
        length=0.75,
        bend=0.9,
        lobes=2.3,
        pinch=0.5,
        kink=0.4,
        cytoplasm=(224, 190, 212),
        edge=(212, 170, 206),
        chromatin=(94, 46, 136),
        light=(132, 84, 164),
        coarse=0.5,
        contrast=0.55,
        granules=120,
        granule=0.36,
        granule_colour=INK,
        over_nucleus=0.8,
        vacuoles=2,
        unevenness=0.06,
    ),
    "monocyte": Look(
        radius=8.2,
        nucleus=0.4,
        length=1.0,
        bend=2.6,
        lobes=3,
        pinch=0.4,
        kink=0.35,
        cytoplasm=(178, 180, 202),
        edge=(162, 166, 196),
        chromatin=(88, 38, 140),
        light=(166, 120, 188),
        coarse=0.35,
        contrast=0.9,
        eccentric=0.4,
        ruggedness=4.5,
        folds=0.7,
        mottle=1.0,
        vacuoles=5,
        fine=0.16,
        unevenness=0.09,
    ),
    "lymphocyte": Look(
        radius=4.7,
        nucleus=0.79,
        cytoplasm=(162, 180, 216),
        edge=(138, 158, 208),
        chromatin=(64, 24, 118),
        light=(134, 86, 164),
        coarse=0.7,
        contrast=0.8,
        eccentric=0.8,
        mottle=0.3,
    ),
    "lymphocyte_large_granular": Look(
        radius=6.5,
        nucleus=0.58,
        length=0.18,
        cytoplasm=(210, 214, 230),
        edge=(186, 196, 224),
        chromatin=(78, 32, 130),
        light=(144, 96, 172),
        coarse=0.65,
        contrast=0.8,
        eccentric=0.8,
        mottle=0.3,
        granules=15,
        granule=0.27,
        granule_colour=(170, 50, 108),
        unevenness=0.07,
    ),
    "lymphocyte_reactive": Look(
        radius=8.3,
        nucleus=0.5,
        length=0.25,
        cytoplasm=(176, 188, 220),
        edge=(98, 116, 186),
        chromatin=(80, 34, 134),
        light=(160, 112, 184),
        coarse=0.5,
        contrast=0.9,
        eccentric=0.4,
        ruggedness=4,
        moulded=1.0,
        unevenness=0.13,
        nucleoli=0.4,
        mottle=0.6,
        stretch=0.07,
    ),
    "lymphocyte_neoplastic": Look(
        radius=5.9,
        nucleus=0.66,
        length=0.45,
        bend=0.6,
        lobes=2,
        pinch=0.33,
        kink=0.3,
        cytoplasm=(156, 168, 210),
        edge=(130, 144, 200),
        chromatin=(78, 34, 132),
        light=(156, 108, 182),
        coarse=0.4,
        contrast=0.8,
        nucleoli=1.0,
        folds=0.45,
        ruggedness=3.5,
        eccentric=0.5,
    ),
    "hairy_cell": Look(
        radius=6.3,
        nucleus=0.5,
        length=0.42,
        bend=0.9,
        cytoplasm=(196, 198, 216),
        edge=(178, 182, 210),
        chromatin=(82, 36, 134),
        light=(146, 100, 174),
        coarse=0.2,
        contrast=0.65,
        eccentric=0.5,
        hairs=80,
        mottle=0.8,
        unevenness=0.06,
    ),
    "plasma_cell": Look(
        radius=7.0,
        nucleus=0.47,
        stretch=0.12,
        cytoplasm=(124, 128, 194),
        edge=(88, 94, 174),
        chromatin=(70, 26, 122),
        light=(160, 112, 182),
        coarse=0.95,
        contrast=0.9,
        wheel=1.0,
        eccentric=1.0,
        golgi=1.0,
        mottle=0.7,
        unevenness=0.05,
    ),
    "normoblast": Look(
        radius=4.7,
        nucleus=0.52,
        length=0.05,
        cytoplasm=(188, 170, 198),
        edge=(172, 160, 196),
        chromatin=(46, 18, 92),
        light=(104, 62, 142),
        coarse=0.9,
        contrast=0.5,
        eccentric=0.5,
        ruggedness=1,
        mottle=0.3,
    ),
    "smudge_cell": Look(
        radius=7.2,
        nucleus=0.72,
        length=0.6,
        cytoplasm=(206, 160, 204),
        edge=(214, 172, 208),
        chromatin=(132, 66, 150),
        light=(198, 142, 194),
        coarse=0.4,
        contrast=0.9,
        smeared=1.0,
        ruggedness=9,
        lobes=2,
        pinch=0.2,
        bend=1.0,
    ),
}


def between(one: Look, other: Look, share: float) -> Look:
    """A look ``share`` of the way from one class to another."""
    return Look(**{f.name: mixed(getattr(one, f.name), getattr(other, f.name), share) for f in fields(Look)})


def mixed(one: Any, other: Any, share: float) -> Any:
    """A number or a colour between two."""
    if isinstance(one, tuple):
        return tuple(mixed(*pair, share) for pair in zip(one, other, strict=True))
    return one + (other - one) * share
