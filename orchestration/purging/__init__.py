"""What is destroyed on request: a child, what came under an agreement, what is past its retention."""
