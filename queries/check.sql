-- name: read_whole
-- Reads every block of a table: a hash of whole rows can be had from nothing else.
SELECT count(*), bit_xor(hash(one)) FROM query_table($table) AS one;

-- name: disagreements
-- Where the tables do not add up: the table, what is wrong with it, and in how many rows.
WITH sizes AS (
    SELECT
        (SELECT count(*) FROM run.neurons) AS neurons,
        (SELECT count(*) FROM run.texts) AS texts,
        (SELECT count(*) FROM run.texts WHERE pooled) AS pooled,
        (SELECT count(*) FROM run.token_sample) AS places,
        (SELECT count(*) FROM run.descriptors) AS descriptors
),
held AS (
    SELECT
        descriptor_id,
        count(*) FILTER (split = 'calibration') AS calibration,
        count(*) FILTER (split = 'validation') AS validation
    FROM (
        SELECT descriptor_id, split FROM run.text_descriptors JOIN run.texts USING (text_id)
        UNION ALL
        SELECT descriptor_id, split FROM run.token_descriptors JOIN run.token_sample USING (place)
    )
    GROUP BY descriptor_id
),
found(place, wrong, count) AS (
    SELECT 'meta', 'says another number of texts in a split', count(*) FROM run.meta
    WHERE key IN ('texts_calibration', 'texts_validation')
        AND value <> (SELECT count(*) FROM run.texts WHERE 'texts_' || split = key)::VARCHAR
    UNION ALL
    SELECT 'texts', 'ids that are not one after another from 0', (SELECT texts FROM sizes) - count(DISTINCT text_id)
    FROM run.texts WHERE text_id >= 0 AND text_id < (SELECT texts FROM sizes)
    UNION ALL
    SELECT 'texts', 'a split that is none', count(*) FROM run.texts
    WHERE split NOT IN ('calibration', 'validation')
    UNION ALL
    SELECT 'texts', 'tokens that do not end within the body, each after the one before', count(*) FROM run.texts
    WHERE len(tokens) = 0 OR len(tokens) <> len(ends) OR ends <> list_sort(ends) OR ends[-1] > length(body)
    UNION ALL
    SELECT 'texts', 'a token that the vocabulary lacks', count(*) FROM (SELECT unnest(tokens) AS token_id FROM run.texts)
    WHERE token_id NOT IN (SELECT token_id FROM run.vocabulary)
    UNION ALL
    SELECT 'vocabulary', 'a token twice', count(*) - count(DISTINCT token_id) FROM run.vocabulary
    UNION ALL
    SELECT 'neurons', 'ids that are not one after another from 0', (SELECT neurons FROM sizes) - count(DISTINCT neuron_id)
    FROM run.neurons WHERE neuron_id >= 0 AND neuron_id < (SELECT neurons FROM sizes)
    UNION ALL
    SELECT 'neurons', 'a unit of a layer twice', count(*) - count(DISTINCT (layer, unit)) FROM run.neurons
    UNION ALL
    SELECT 'neurons', 'a histogram that does not count every pooled text', count(*) FROM run.neurons, sizes
    WHERE list_sum(histogram) <> sizes.pooled
    UNION ALL
    SELECT 'pooled', 'not one row a neuron', count(*) FROM (
        (SELECT neuron_id FROM run.neurons EXCEPT ALL SELECT neuron_id FROM run.pooled)
        UNION ALL
        (SELECT neuron_id FROM run.pooled EXCEPT ALL SELECT neuron_id FROM run.neurons)
    )
    UNION ALL
    SELECT 'pooled', 'not one code a pooled text', count(*) FROM run.pooled, sizes WHERE len(codes) <> sizes.pooled
    UNION ALL
    SELECT 'exemplars', 'of a neuron or a text that is not there', count(*) FROM run.exemplars
    WHERE neuron_id NOT IN (SELECT neuron_id FROM run.neurons) OR text_id NOT IN (SELECT text_id FROM run.texts)
    UNION ALL
    SELECT 'exemplars', 'a kind that is none', count(*) FROM run.exemplars
    WHERE kind NOT IN ('top', 'bottom', 'pooled', 'quantile', 'random')
    UNION ALL
    SELECT 'exemplars', 'a window that is not within the text, or its peak not within it', count(*)
    FROM run.exemplars JOIN run.texts USING (text_id)
    WHERE start < 0 OR len(trace) = 0 OR start + len(trace) > len(tokens)
        OR peak < start OR peak >= start + len(trace)
    UNION ALL
    SELECT 'exemplars', 'a value that its trace does not reach', count(*) FROM run.exemplars
    WHERE NOT value BETWEEN lowest AND highest
    UNION ALL
    SELECT 'exemplars', 'ranks that are not one after another from 0', count(*) FROM (
        SELECT neuron_id FROM run.exemplars GROUP BY neuron_id, kind
        HAVING max(rank) <> count(*) - 1 OR count(DISTINCT rank) <> count(*)
    )
    UNION ALL
    SELECT 'phrases', 'of a text or a descriptor that is not there', count(*) FROM run.phrases, sizes
    WHERE text_id NOT BETWEEN 0 AND sizes.texts - 1
        OR (descriptor_id IS NOT NULL AND descriptor_id NOT BETWEEN 0 AND sizes.descriptors - 1)
    UNION ALL
    SELECT 'descriptors', 'another number of texts or tokens than it holds for', count(*)
    FROM run.descriptors AS own LEFT JOIN held USING (descriptor_id)
    WHERE own.calibration <> coalesce(held.calibration, 0) OR own.validation <> coalesce(held.validation, 0)
    UNION ALL
    SELECT 'descriptors', 'ids that are not one after another from 0',
        (SELECT descriptors FROM sizes) - count(DISTINCT descriptor_id)
    FROM run.descriptors WHERE descriptor_id >= 0 AND descriptor_id < (SELECT descriptors FROM sizes)
    UNION ALL
    SELECT 'descriptors', 'a scope that is none', count(*) FROM run.descriptors WHERE scope NOT IN ('text', 'token')
    UNION ALL
    SELECT 'token_sample', 'places that are not one after another from 0', (SELECT places FROM sizes) - count(DISTINCT place)
    FROM run.token_sample WHERE place >= 0 AND place < (SELECT places FROM sizes)
    UNION ALL
    SELECT 'token_sample', 'a token that its text does not have, or a split or weight that cannot be', count(*)
    FROM run.token_sample AS sample LEFT JOIN run.texts USING (text_id)
    WHERE body IS NULL OR position < 0 OR position >= len(tokens) OR sample.split <> texts.split OR NOT weight > 0
    UNION ALL
    SELECT 'token_sample', 'a token twice', count(*) - count(DISTINCT (text_id, position)) FROM run.token_sample
    UNION ALL
    SELECT 'token_activations', 'not one row a neuron', count(*) FROM (
        (SELECT neuron_id FROM run.neurons EXCEPT ALL SELECT neuron_id FROM run.token_activations)
        UNION ALL
        (SELECT neuron_id FROM run.token_activations EXCEPT ALL SELECT neuron_id FROM run.neurons)
    )
    UNION ALL
    SELECT 'token_activations', 'not one code a place', count(*) FROM run.token_activations, sizes
    WHERE len(codes) <> sizes.places
    UNION ALL
    SELECT 'peaks', 'of a neuron that is not there, or a side that is none', count(*) FROM run.peaks
    WHERE neuron_id NOT IN (SELECT neuron_id FROM run.neurons) OR side NOT IN (1, -1)
    UNION ALL
    SELECT 'peaks', 'ranks that are not one after another from 0, the commonest word first', count(*) FROM (
        SELECT neuron_id FROM run.peaks GROUP BY neuron_id, side
        HAVING max(rank) <> count(*) - 1 OR count(DISTINCT rank) <> count(*)
            OR list(exemplars ORDER BY rank) <> list(exemplars ORDER BY exemplars DESC)
    )
    UNION ALL
    SELECT 'peaks', 'more exemplars than the neuron has of that side', count(*) FROM (
        SELECT neuron_id, side, sum(exemplars) AS said FROM run.peaks GROUP BY neuron_id, side
    ) LEFT JOIN (
        SELECT neuron_id, if(kind = 'top', 1, -1) AS side, count(*) AS kept FROM run.exemplars
        WHERE kind IN ('top', 'bottom') GROUP BY neuron_id, kind
    ) USING (neuron_id, side)
    WHERE said > coalesce(kept, 0)
    UNION ALL
    SELECT 'outputs', 'ranks that are not one after another from 0', count(*) FROM (
        SELECT neuron_id FROM run.outputs GROUP BY neuron_id, kind
        HAVING max(rank) <> count(*) - 1 OR count(DISTINCT rank) <> count(*)
    )
    UNION ALL
    SELECT 'outputs', 'of a neuron or a token that is not there, or a kind that is none', count(*) FROM run.outputs
    WHERE neuron_id NOT IN (SELECT neuron_id FROM run.neurons)
        OR token_id NOT IN (SELECT token_id FROM run.vocabulary) OR kind NOT IN ('promoted', 'suppressed')
    UNION ALL
    SELECT 'token_descriptors', 'of a place or a descriptor that is not there', count(*)
    FROM run.token_descriptors, sizes
    WHERE place NOT BETWEEN 0 AND sizes.places - 1 OR descriptor_id NOT BETWEEN 0 AND sizes.descriptors - 1
    UNION ALL
    SELECT 'token_descriptors', 'a descriptor of a place twice', count(*) - count(DISTINCT (place, descriptor_id))
    FROM run.token_descriptors
    UNION ALL
    SELECT 'token_descriptors', 'a descriptor of another scope', count(*)
    FROM run.token_descriptors JOIN run.descriptors USING (descriptor_id) WHERE scope = 'text'
    UNION ALL
    SELECT 'text_descriptors', 'a descriptor of another scope', count(*)
    FROM run.text_descriptors JOIN run.descriptors USING (descriptor_id) WHERE scope = 'token'
    UNION ALL
    SELECT 'matches', 'a correlation that cannot be', count(*) FROM run.matches
    WHERE NOT abs(correlation_calibration) <= 1.0001 OR NOT abs(correlation_validation) <= 1.0001
    UNION ALL
    SELECT 'matches', 'more exemplars that hold the descriptor than there are', count(*) FROM run.matches
    WHERE NOT top_with BETWEEN 0 AND top_of
    UNION ALL
    SELECT 'matches', 'a descriptor of a neuron twice on one side', count(*) - count(DISTINCT (neuron_id, descriptor_id, side))
    FROM run.matches
    UNION ALL
    SELECT 'matches', 'a side that is none', count(*) FROM run.matches WHERE side NOT IN (1, -1)
    UNION ALL
    SELECT 'text_descriptors', 'of a text or a descriptor that is not there', count(*)
    FROM run.text_descriptors, sizes
    WHERE text_id NOT BETWEEN 0 AND sizes.texts - 1 OR descriptor_id NOT BETWEEN 0 AND sizes.descriptors - 1
    UNION ALL
    SELECT 'text_descriptors', 'a descriptor of a text twice', count(*) - count(DISTINCT (text_id, descriptor_id))
    FROM run.text_descriptors
    UNION ALL
    SELECT 'matches', 'of a neuron or a descriptor that is not there', count(*) FROM run.matches, sizes
    WHERE neuron_id NOT BETWEEN 0 AND sizes.neurons - 1 OR descriptor_id NOT BETWEEN 0 AND sizes.descriptors - 1
    UNION ALL
    SELECT 'matches', 'bounds that do not enclose the AUROC', count(*) FROM run.matches
    WHERE NOT isnan(auroc_calibration) AND NOT auroc_calibration BETWEEN lower AND upper
    UNION ALL
    SELECT 'matches', 'ranks that are not one after another from 0', count(*) FROM (
        SELECT neuron_id FROM run.matches GROUP BY neuron_id
        HAVING max(rank) <> count(*) - 1 OR count(DISTINCT rank) <> count(*)
    )
)
SELECT place, wrong, count FROM found WHERE count > 0 ORDER BY place, wrong;

-- name: checked_texts
-- Some texts as the model saw them.
SELECT text_id, body, tokens, pooled FROM run.texts WHERE list_contains($text_ids, text_id) ORDER BY text_id;

-- name: exemplars_on
-- Every exemplar that some texts are, with its window.
SELECT neuron_id, text_id, start, peak, value, trace, lowest, highest FROM run.exemplars
WHERE list_contains($text_ids, text_id) ORDER BY text_id, neuron_id;

-- name: exemplar_texts
-- Which texts are exemplars of any neuron.
SELECT DISTINCT text_id FROM run.exemplars ORDER BY text_id;

-- name: tokens_at
-- Every neuron's activation at some places of the token sample, as codes; places count from 1.
SELECT lowest, highest, list_select(codes, $places) AS codes FROM run.token_activations ORDER BY neuron_id;

-- name: pooled_at
-- Every neuron's pooled activation on some texts, as codes; places count the texts that have them, from 1.
SELECT lowest, highest, list_select(codes, $places) AS codes FROM run.pooled ORDER BY neuron_id;
