-- The working tables of one detection. They last until it closes, or until the session asks anew.
DROP TABLE IF EXISTS
    conflict_selection, conflict_meant, conflict_surveyed, conflict_looked_for, conflict_city, conflict_hit, conflict_rule,
    conflict_pair, conflict_border, conflict_home, conflict_square, conflict_outside,
    conflict_inside, conflict_cover, conflict_untold,
    conflict_near, conflict_map, conflict_absent, conflict_change, conflict_scope;

-- The features each selector means; is_sure is NULL where a condition on its attributes is unknown,
-- or where the rule needs an area and the feature is drawn as a point or line (lacks_area).
CREATE TEMPORARY TABLE conflict_selection (
    selection integer NOT NULL,
    feature_id bigint NOT NULL,
    layer_slug varchar(60) NOT NULL,
    stable_id varchar(80) NOT NULL,
    is_sure boolean,
    lacks_area boolean NOT NULL,
    PRIMARY KEY (selection, feature_id)
);

-- What else a selection means: all current features of these layers, classes (0: none) and stages,
-- surely. Those are not in conflict_selection.
CREATE TEMPORARY TABLE conflict_meant (
    selection integer NOT NULL,
    layer_id bigint NOT NULL,
    land_use_id bigint NOT NULL,
    lifecycle varchar(20) NOT NULL,
    PRIMARY KEY (selection, layer_id, land_use_id, lifecycle)
);

-- Where a layer is completely surveyed for all of the classes asked for (none: as a whole), and how
-- far that reaches; filled as the rules ask. NULL: nowhere.
CREATE TEMPORARY TABLE conflict_surveyed (
    layer_slug varchar(60) NOT NULL,
    asked text[] NOT NULL,
    geometry geometry,
    edge geometry,
    PRIMARY KEY (layer_slug, asked)
);

-- Whether a layer has a complete survey at all, and which classes such surveys looked for; filled as the rules ask.
CREATE TEMPORARY TABLE conflict_looked_for (
    layer_slug varchar(60) NOT NULL,
    is_surveyed boolean NOT NULL,
    codes text[] NOT NULL,
    PRIMARY KEY (layer_slug)
);

-- The ground of the city, one row; NULL: no layer says where it ends.
CREATE TEMPORARY TABLE conflict_city (geometry geometry);

-- The pairs one rule has to measure, and the straight pieces of their borders.
CREATE TEMPORARY TABLE conflict_pair (
    subject_row bigint NOT NULL,
    object_row bigint NOT NULL
);
CREATE TEMPORARY TABLE conflict_border (
    feature_id bigint NOT NULL,
    geometry geometry NOT NULL
);

-- Features to be served, by the area in which they lie and by squares of a grid.
CREATE TEMPORARY TABLE conflict_home (
    subject integer NOT NULL,
    served integer NOT NULL,
    subject_row bigint NOT NULL,
    feature_id bigint NOT NULL,
    is_sure boolean,
    west integer NOT NULL,
    south integer NOT NULL,
    box box2d NOT NULL,
    PRIMARY KEY (subject, served, subject_row, west, south, feature_id)
);
CREATE TEMPORARY TABLE conflict_square (
    subject integer NOT NULL,
    served integer NOT NULL,
    subject_row bigint NOT NULL,
    west integer NOT NULL,
    south integer NOT NULL,
    sure integer NOT NULL,
    unsure integer NOT NULL,
    box geometry NOT NULL
);

-- Which subjects of one rule lie inside its objects, and the objects that the others touch.
CREATE TEMPORARY TABLE conflict_inside (subject_row bigint PRIMARY KEY);
CREATE TEMPORARY TABLE conflict_cover (
    subject_row bigint NOT NULL,
    geometry geometry NOT NULL
);

-- What of the subjects of one rule lies outside the objects, and surely so (NULL: unknown).
CREATE TEMPORARY TABLE conflict_outside (
    subject_row bigint NOT NULL,
    dimension integer NOT NULL,
    whole double precision NOT NULL,
    geometry geometry NOT NULL,
    sure_geometry geometry
);

-- The subjects about which a rule whose findings have no object cannot tell.
CREATE TEMPORARY TABLE conflict_untold (
    rule_code varchar(40) NOT NULL,
    subject_row bigint NOT NULL,
    subject_layer varchar(60) NOT NULL,
    subject_id varchar(80) NOT NULL,
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (rule_code, subject_layer, subject_id)
);

-- What the rules bite, before it is compared with what was known. Without an object: object_row is
-- NULL, its layer and name are empty.
CREATE TEMPORARY TABLE conflict_hit (
    rule_code varchar(40) NOT NULL,
    subject_row bigint NOT NULL,
    object_row bigint,
    subject_layer varchar(60) NOT NULL,
    subject_id varchar(80) NOT NULL,
    object_layer varchar(60) NOT NULL,
    object_id varchar(80) NOT NULL,
    severity varchar(10) NOT NULL,
    measured_value double precision NOT NULL,
    required_value double precision NOT NULL,
    unit varchar(10) NOT NULL,
    margin double precision NOT NULL,
    witness geometry NOT NULL,
    facts jsonb NOT NULL,
    exemption integer,
    PRIMARY KEY (rule_code, subject_layer, subject_id, object_layer, object_id)
);

-- The features near others, as a re-check asked last.
CREATE TEMPORARY TABLE conflict_near (feature_id bigint PRIMARY KEY);

-- The rules of the book and the selections of their two sides, as far as they were asked.
CREATE TEMPORARY TABLE conflict_rule (
    rule_code varchar(40) PRIMARY KEY,
    rule_id bigint NOT NULL,
    outcome_id bigint,
    basis varchar(20) NOT NULL,
    subject_selection integer NOT NULL,
    object_selection integer NOT NULL,
    object_is_map boolean NOT NULL
);

-- The layers in which a rule found hazard maps it asks for.
CREATE TEMPORARY TABLE conflict_map (
    rule_code varchar(40) NOT NULL,
    layer_slug varchar(60) NOT NULL,
    PRIMARY KEY (rule_code, layer_slug)
);

-- The findings that were not seen in this detection and may have to be closed.
CREATE TEMPORARY TABLE conflict_absent (finding_id bigint PRIMARY KEY);

-- What changed since the last detection: rows that ended (is_new false) and rows that stand now.
CREATE TEMPORARY TABLE conflict_change (
    feature_id bigint PRIMARY KEY,
    layer_id bigint NOT NULL,
    layer_slug varchar(60) NOT NULL,
    stable_id varchar(80) NOT NULL,
    is_new boolean NOT NULL,
    land_use_id bigint,
    lifecycle varchar(20) NOT NULL,
    geometry geometry NOT NULL,
    properties jsonb NOT NULL,
    introduced_in integer NOT NULL
);

-- Whose findings a re-check measures again, by name: those of features that changed (of any rule:
-- ''), and those of features near which something did.
CREATE TEMPORARY TABLE conflict_scope (
    layer_slug varchar(60) NOT NULL,
    stable_id varchar(80) NOT NULL,
    rule_code varchar(40) NOT NULL,
    PRIMARY KEY (layer_slug, stable_id, rule_code)
);
