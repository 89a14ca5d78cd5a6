"""The worked examples of the source documents, one function each: it counts the printed cells that the product reproduces."""
