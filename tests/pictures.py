"""A full reply for each of the eight templates of an image, as a good captioner would give it."""

from typing import Any

BOX = [0, 0.25, 0.5, 1]
METADATA: dict[str, dict[str, Any]] = {
    "general": {
        "objects": [{"id": "o1", "type": "cup", "color": "red", "size": "small", "bbox": BOX}],
        "text": [{"content": "OLIVE OIL", "bbox": []}],
        "scene_context": {"environment": "kitchen", "activity": "none"},
        "relations": [{"subject": "cup", "predicate": "on", "object": "table"}],
    },
    "clevr": {
        "objects": [
            {
                "id": "s1",
                "shape": "cube",
                "color": "red",
                "size": "small",
                "material": "rubber",
                "coordinates": [0.2, 0.7],
            },
        ],
        "spatial_relations": [{"subject": "s1", "predicate": "left of", "object": "s2"}],
    },
    "stem": {
        "primitives": [{"id": "p1", "type": "segment", "label": "AB", "bbox": BOX}],
        "annotations": [{"subject": "p1", "predicate": "perpendicular to", "object": "p2"}],
        "measurements": [{"primitive_ids": ["p1", "p2"], "value": "3x + 2"}],
    },
    "ocr": {"text_items": [{"content": "EXIT", "bbox": BOX, "style": "printed, green"}]},
    "science": {
        "panels": [
            {
                "label": "A",
                "elements": [{"id": "e1", "type": "cell", "label": "nucleus", "appearance": "round, violet, left"}],
                "process_arrows": [{"source": "e1", "target": "e2", "label": "divides"}],
            },
        ],
    },
    "chart": {
        "chart_type": "vertical bar",
        "axes": [{"name": "Year", "unit": "", "ticks": ["2010", "2011"]}],
        "series": [{"name": "Imports", "points": [{"at": "2010", "value": 4.5}, {"at": "2011", "value": None}]}],
        "legend": [{"label": "Imports", "mark": "blue"}],
    },
    "math": {
        "equations": [{"latex": "\\frac{a}{b}", "bbox": BOX}],
        "diagram_parts": [{"id": "d1", "type": "curve", "label": "f", "bbox": BOX}],
        "givens": ["AB = 5"],
    },
    "spatial": {
        "rooms_or_sections": [{"name": "kitchen", "position": "far left"}],
        "furniture": [{"name": "sofa", "position": "near, right of the door", "orientation": "to the left"}],
        "annotations": ["door in the far wall"],
    },
}
REPLIES = {name: {"image_caption": f"A {name} picture.", "metadata": found} for name, found in METADATA.items()}
