SELECT CASE WHEN (`db`.`berth`.`id` IN (1, 2)) THEN 'a' WHEN (`db`.`berth`.`pier` LIKE 'x%') THEN (CASE WHEN (`db`.`berth`.`depth` > 1) THEN 'b' ELSE 'c' END) ELSE NULL END AS `k`
FROM `db`.`berth`