-- name: matches
-- One neuron's matches, best first.
SELECT
    rank, descriptor_id, name, backend, auroc_calibration, lower, upper, auroc_validation, average_precision,
    top_with, top_of,
    texts_calibration / (SELECT count(*) FROM run.texts WHERE pooled AND split = 'calibration') AS prevalence,
    described
FROM run.matches JOIN run.descriptors USING (descriptor_id)
WHERE neuron_id = $neuron_id
ORDER BY rank;

-- name: all_matches
-- Every match, neuron by neuron, best first: what the list sorts and filters by and what evaluate judges.
SELECT
    neuron_id, rank, descriptor_id, auroc_calibration, lower, upper, auroc_validation, described,
    described_validation
FROM run.matches ORDER BY neuron_id, rank;

-- name: descriptors
-- Every descriptor, in descriptor_id order.
SELECT descriptor_id, name, backend, texts_calibration, texts_validation FROM run.descriptors
ORDER BY descriptor_id;

-- name: holders
-- The texts for which a descriptor holds.
SELECT text_id FROM run.text_descriptors WHERE descriptor_id = $descriptor_id ORDER BY text_id;

-- name: text_descriptors
-- Every descriptor of every text.
SELECT text_id, descriptor_id FROM run.text_descriptors ORDER BY text_id, descriptor_id;
