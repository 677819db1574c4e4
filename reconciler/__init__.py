"""`reconcile`: desired calibrations in git, compared with Butler repositories and applied to them."""
