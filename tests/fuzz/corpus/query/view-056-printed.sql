SELECT named_struct('p', 1, 'q', 'r') AS `k`
FROM `db`.`berth`