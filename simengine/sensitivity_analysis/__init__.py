"""What matters: sensitivity of any model's outputs to what is uncertain in it. Takes evaluated arrays or a ``Subject``, never a study."""
