"""A process that keeps a few trained networks warm and answers about images: predictions, heat maps, feature maps."""
