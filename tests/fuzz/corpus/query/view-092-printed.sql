SELECT `db`.`berth`.`pier`, array_agg(`db`.`berth`.`pier`) AS `k`
FROM `db`.`berth`
GROUP BY `db`.`berth`.`pier`