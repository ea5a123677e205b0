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

-- name: ranked
-- Which descriptors each neuron was tied to, in any order: what the list filters by.
SELECT neuron_id, rank, descriptor_id FROM run.matches;

-- name: best_matches
-- The best match of each neuron that has one, in any order: what the list sorts by.
SELECT neuron_id, auroc_calibration AS auroc, lower, auroc_validation AS validation, described
FROM run.matches WHERE rank = 0;

-- name: all_matches
-- Every match, neuron by neuron, best first: what evaluate judges.
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

-- name: phrases
-- The phrases that became some descriptors, with how many texts each came from, commonest first.
SELECT descriptor_id, phrase, count(*) FROM run.phrases
WHERE descriptor_id IN (SELECT unnest($descriptor_ids))
GROUP BY descriptor_id, phrase ORDER BY descriptor_id, count(*) DESC, phrase;
