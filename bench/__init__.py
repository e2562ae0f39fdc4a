"""The benchmark: Chatsite and its peers under the same load, in the same run."""
