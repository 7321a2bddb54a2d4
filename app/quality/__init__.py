"""How good the labels are: what people and pictures tell about them."""
