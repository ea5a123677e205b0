"""The sample corpus and the hostile texts, both written for this project."""
