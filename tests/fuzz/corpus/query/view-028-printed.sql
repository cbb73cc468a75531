SELECT 'back\\slash' AS `k`
FROM `db`.`berth`