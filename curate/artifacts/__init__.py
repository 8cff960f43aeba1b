"""JSON files that commands write, each as one model that producers build and everybody reads."""
