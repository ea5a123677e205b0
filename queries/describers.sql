-- name: describers
-- The describers that stand beside the run's own, in order of name.
SELECT
    left(name, 1000) AS name, left(backend, 1000) AS backend, left(namer, 1000) AS namer, left(llm, 1000) AS llm,
    left(prompts, 1000) AS prompts, left(described_at, 1000) AS described_at, descriptors, described
FROM run.describers
ORDER BY name;

-- name: described_by
-- What the other describers say of one neuron: each one's best match first.
SELECT
    rank, -1 AS descriptor_id, left(name, 1000) AS name, left(describer, 1000) AS describer, scope, kind, side,
    auroc_calibration, lower, upper, auroc_validation, average_precision, correlation_calibration,
    correlation_validation, top_with, top_of, described, prevalence
FROM run.described_by
WHERE neuron_id = $neuron_id
ORDER BY rank, describer;

-- name: names_by_describer
-- What one of them says of every neuron with evidence enough, neuron by neuron, best first.
SELECT neuron_id, scope, side, left(name, 1000) AS name
FROM run.described_by
WHERE describer = $describer AND described
ORDER BY neuron_id, rank;

-- name: describer_faults
-- Where the tables of the other describers do not add up: the table, what is wrong with it, and in how many rows.
WITH sizes AS (
    SELECT
        (SELECT count(*) FROM run.neurons) AS neurons,
        (SELECT count(*) FROM run.describers) AS describers
),
found(place, wrong, count) AS (
    SELECT 'describers', 'a name twice, or rows that are not in order of name', count(*) FROM (
        SELECT name, lag(name) OVER () AS before FROM run.describers
    ) WHERE before >= name
    UNION ALL
    SELECT 'describers', 'a name that is none', count(*) FROM run.describers
    WHERE name <> trim(name) OR length(name) NOT BETWEEN 1 AND $longest OR contains(name, ',')
    UNION ALL
    SELECT 'describers', 'a number of descriptors, or of described neurons, that cannot be', count(*)
    FROM run.describers, sizes
    WHERE descriptors < 0 OR described NOT BETWEEN 0 AND sizes.neurons
    UNION ALL
    SELECT 'describers', 'another number of described neurons than described_by holds', count(*) FROM run.describers
    WHERE described <> (
        SELECT count(*) FROM run.described_by WHERE describer = describers.name AND rank = 0 AND described_by.described
    )
    UNION ALL
    SELECT 'described_by', 'of a describer that is not there', count(*) FROM run.described_by
    WHERE describer NOT IN (SELECT name FROM run.describers)
    UNION ALL
    SELECT 'described_by', 'of a neuron that is not there', count(*) FROM run.described_by, sizes
    WHERE neuron_id NOT BETWEEN 0 AND sizes.neurons - 1
    UNION ALL
    SELECT 'described_by', 'rows that are not in order of describer and neuron_id', count(*) FROM (
        SELECT
            describer, neuron_id, lag(describer) OVER () AS before, lag(neuron_id) OVER () AS neuron_before
        FROM run.described_by
    ) WHERE before > describer OR (before = describer AND neuron_before > neuron_id)
    UNION ALL
    SELECT 'described_by', 'ranks that are not one after another from 0', count(*) FROM (
        SELECT neuron_id FROM run.described_by GROUP BY describer, neuron_id
        HAVING min(rank) <> 0 OR max(rank) <> count(*) - 1 OR count(DISTINCT rank) <> count(*)
    )
    UNION ALL
    SELECT 'described_by', 'a scope that is none', count(*) FROM run.described_by WHERE scope NOT IN ('text', 'token')
    UNION ALL
    SELECT 'described_by', 'a share of the texts or tokens that cannot be', count(*) FROM run.described_by
    WHERE NOT prevalence BETWEEN 0 AND 1.0001
)
SELECT place, wrong, count FROM found WHERE count > 0 ORDER BY place, wrong;
