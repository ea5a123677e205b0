-- name: matches
-- One neuron's matches, best first.
SELECT
    rank, descriptor_id, left(name, 1000) AS name, left(backend, 1000) AS backend, scope, kind, side, auroc_calibration, lower, upper, auroc_validation,
    average_precision, correlation_calibration, correlation_validation, top_with, top_of, described
FROM run.matches JOIN run.descriptors USING (descriptor_id)
WHERE neuron_id = $neuron_id
ORDER BY rank;

-- name: prevalences
-- The share of calibration texts, or of calibration tokens, that hold each descriptor.
SELECT
    descriptor_id, calibration / (SELECT count(*) FROM run.texts WHERE pooled AND split = 'calibration') AS prevalence
FROM run.descriptors WHERE scope = 'text'
UNION ALL
SELECT
    descriptor_id, sum(weight) / (SELECT sum(weight) FROM run.token_sample WHERE split = 'calibration') AS prevalence
FROM run.token_descriptors JOIN run.token_sample USING (place) WHERE split = 'calibration' GROUP BY descriptor_id;

-- name: ranked
-- Which descriptors each neuron was tied to, in any order: what the list filters by.
SELECT neuron_id, rank, descriptor_id, side FROM run.matches;

-- name: best_matches
-- The first match of each neuron that has one, in any order: what the list sorts by.
SELECT neuron_id, correlation_calibration AS score, correlation_validation AS validation, described
FROM run.matches WHERE rank = 0;

-- name: all_matches
-- Every match, neuron by neuron, best first: what evaluate judges.
SELECT
    neuron_id, rank, descriptor_id, side, auroc_calibration, lower, upper, auroc_validation, average_precision,
    correlation_calibration, correlation_validation, described, described_validation
FROM run.matches ORDER BY neuron_id, rank;

-- name: text_matches
-- The matches of text descriptors with the activation itself, best first, their ranks counted among them alone.
SELECT
    neuron_id, (row_number() OVER (PARTITION BY neuron_id ORDER BY rank) - 1)::SMALLINT AS rank, descriptor_id, side,
    auroc_calibration, lower, upper, auroc_validation, average_precision, correlation_calibration,
    correlation_validation, described, described_validation
FROM run.matches JOIN run.descriptors USING (descriptor_id)
WHERE scope = 'text' AND side = 1
ORDER BY neuron_id, rank;

-- name: descriptors
-- Every descriptor, in descriptor_id order; a name is cut far beyond what any has.
SELECT
    descriptor_id, scope, left(kind, 1000) AS kind, left(name, 1000) AS name, left(backend, 1000) AS backend,
    calibration, validation
FROM run.descriptors
ORDER BY descriptor_id;

-- name: holders
-- The texts for which a descriptor holds.
SELECT text_id FROM run.text_descriptors WHERE descriptor_id = $descriptor_id ORDER BY text_id;

-- name: text_descriptors
-- Every descriptor of every text.
SELECT text_id, descriptor_id FROM run.text_descriptors ORDER BY text_id, descriptor_id;

-- name: token_descriptors
-- Every token descriptor of every place.
SELECT place, descriptor_id FROM run.token_descriptors ORDER BY place, descriptor_id;

-- name: places_of
-- The places at which a token descriptor holds.
SELECT place FROM run.token_descriptors WHERE descriptor_id = $descriptor_id ORDER BY place;

-- name: phrases
-- The phrases that became some descriptors, with how many texts each came from, commonest first.
SELECT descriptor_id, left(phrase, 1000), count(*) FROM run.phrases
WHERE descriptor_id IN (SELECT unnest($descriptor_ids))
GROUP BY descriptor_id, phrase ORDER BY descriptor_id, count(*) DESC, phrase;
