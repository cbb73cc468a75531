SELECT stddev(`db`.`berth`.`depth`) AS `k`
FROM `db`.`berth`