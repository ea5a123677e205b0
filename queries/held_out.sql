-- name: held_out_places
-- The sampled tokens of validation texts, in place order: with held_out_codes, all that a score of a label at tokens
-- may use.
SELECT place, text_id, position, weight FROM run.token_sample WHERE split = 'validation' ORDER BY place;

-- name: held_out_codes
-- The activations of some neurons at the places of held_out_places, as codes.
SELECT neuron_id, list_select(codes, (SELECT list(place + 1 ORDER BY place) FROM run.token_sample WHERE split = 'validation')) AS codes
FROM run.token_activations WHERE neuron_id IN (SELECT unnest($neuron_ids)) ORDER BY neuron_id;

-- name: held_out_texts
-- The validation texts with pooled activations, in text_id order.
SELECT text_id, body FROM run.texts WHERE pooled AND split = 'validation' ORDER BY text_id;

-- name: held_out_pooled
-- The pooled activations of some neurons at the texts of held_out_texts, as codes.
SELECT
    neuron_id,
    list_select(codes, (
        SELECT list(number ORDER BY number)
        FROM (SELECT row_number() OVER (ORDER BY text_id) AS number, split FROM run.texts WHERE pooled)
        WHERE split = 'validation'
    )) AS codes
FROM run.pooled WHERE neuron_id IN (SELECT unnest($neuron_ids)) ORDER BY neuron_id;

-- name: held_out_shown
-- The validation texts that are exemplars of some neurons: the screen shows them to whoever labels one.
SELECT DISTINCT neuron_id, text_id FROM run.exemplars JOIN run.texts USING (text_id)
WHERE split = 'validation' AND neuron_id IN (SELECT unnest($neuron_ids)) ORDER BY neuron_id, text_id;

-- name: held_out_divided
-- The validation texts of the token sample, with their tokens and where those end.
SELECT text_id, body, tokens, ends FROM run.texts
WHERE split = 'validation' AND text_id IN (SELECT text_id FROM run.token_sample) ORDER BY text_id;

-- name: held_out_named
-- The places of held_out_places at which token descriptors hold, by descriptor; NULL where one holds at none.
SELECT descriptor_id, name, kind, place
FROM run.descriptors
LEFT JOIN (
    SELECT descriptor_id, place FROM run.token_descriptors JOIN run.token_sample USING (place) WHERE split = 'validation'
) USING (descriptor_id)
WHERE scope = 'token' ORDER BY descriptor_id, place;
